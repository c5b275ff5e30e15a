-- Fails when the module is loaded, which does not care.
rcu.broken = true
local function inner()
  error("it is meant to fail")
end
inner()
