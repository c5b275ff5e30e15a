local x =
print("never"
