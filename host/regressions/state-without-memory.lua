-- Refusing the memory for a state itself, which `failing` of the test does for each request in turn:
-- what says why was asked before it was there.
print("began")
