-- GET of random single todos. Arguments: how many there are, and "fresh" for a target that has never
-- been asked for before, which no cache can know.
local count, fresh, asked = 1, false, 0

function init(args)
  count = tonumber(args[1])
  fresh = args[2] == "fresh"
  math.randomseed(42)
end

function request()
  local target = "/v1/todos/" .. math.random(1, count)
  if fresh then
    asked = asked + 1
    target = target .. "?asked=" .. asked
  end
  return wrk.format("GET", target)
end
