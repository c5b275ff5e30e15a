-- Memory that a state cannot have was counted as work on all of it, millions of instructions past the limit.
pcall(string.pack, "c2147483647", "x")
print(string.pack("c2147483647", "x"))
