load("while true do " .. ("if x then break end "):rep(32000) .. "end")
