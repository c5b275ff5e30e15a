local all = {}
pcall(function()
  for i = 1, math.maxinteger do
    all[i] = { i }
  end
end)
rcu.outlasted = true
