-- GET of random single todos. Arguments: how many there are; that each Nth request is for a target
-- that has never been asked for before, which no cache can know (0: none is); and "conditional" if
-- the answer to that is none that a cache keeps.
local count, nth = 1, 0
local asked = 0
local run = os.time() % 100000
local strange = {}

function init(args)
  count = tonumber(args[1])
  nth = tonumber(args[2] or 0)
  if args[3] == "conditional" then strange["If-None-Match"] = '"never"' end
  math.randomseed(42)
end

function request()
  local target = "/v1/todos/" .. math.random(1, count)
  asked = asked + 1
  if nth == 0 or asked % nth ~= 0 then return wrk.format("GET", target) end
  return wrk.format("GET", target .. "?asked=" .. run .. "-" .. asked, strange)
end
