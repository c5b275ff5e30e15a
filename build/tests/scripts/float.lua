-- The kernel has integers alone.
local half = 0.5
return half
