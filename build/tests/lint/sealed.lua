if loaded then print(loaded) end
print(load("return 1"))
