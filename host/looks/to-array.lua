-- From the end, into the hash part, then all at once into the array part.
for _ = 1, 3 do
  local t = {} for i = 65536, 2, -1 do t[i] = i end
  t[1] = 1
  for i = 65537, 140000 do t[i] = i end
  t = nil collectgarbage()
end
