-- Runs when the module is loaded, and whenever somebody names it.
local counter = require "counter"
counter(rcu, "runs"):add()
print("first", ...)
