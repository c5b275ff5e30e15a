-- The first script: it runs in the kernel, prints to the kernel log, and leaves a value behind
-- that the next script finds.

print("hello from the kernel, this is " .. _VERSION)

rcu.greeting = "hello" -- add
rcu.greeting = rcu.greeting .. ", world" -- read, replace
print(rcu.greeting)

rcu.visits = (rcu.visits or 0) + 1
print("visits so far: " .. rcu.visits)

rcu.greeting = nil -- delete
print("elements in the table: " .. #rcu)
