rcu.begun = true
while true do
  rcu.turns = (rcu.turns or 0) + 1
end
