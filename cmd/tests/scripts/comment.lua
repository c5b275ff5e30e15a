--[[ begun

