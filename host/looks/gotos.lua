local t = {} for i = 1, 16000 do t[i] = "::a" .. i .. ":: x=1" end -- labels side by side nest
load("do " .. ("if x then goto zz end "):rep(16000) .. table.concat(t, " ") .. " end ::zz::")
