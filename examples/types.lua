-- What a shared table holds: integers, booleans and strings, under any string as a key.

rcu.somekey = 42
print(rcu.somekey, math.type(rcu.somekey))

rcu.somekey = true
print(rcu.somekey)

rcu.somekey = "a string"
print(rcu.somekey)

rcu["any bytes \0 at all"] = math.mininteger
for key, value in pairs(rcu) do
  print(("%q"):format(key), value)
end

-- Anything else is an error, and the table stays as it was.
print(pcall(function() rcu.somekey = {} end))

rcu.somekey = nil
print(rcu.somekey)
