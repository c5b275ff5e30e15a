local t = {}
if t then
  t.x = 1
