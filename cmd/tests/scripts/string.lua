print("begun)
print("next")
