global print
print(x)
