local t = {} for i = 1, 32000 do t[i] = "::a" .. i .. ":: x=1" end
load(table.concat(t, " ") .. (" if x then goto a32000 end"):rep(20000))
