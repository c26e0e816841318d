-- One thread of wrk: requests at a fixed rate on a schedule of their own, whatever the answers take.
-- FREEHOLD_LOAD_* say what to ask; the figures go to a file as JSON, the accepted ids to another.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long ns; } instant; int clock_gettime(int clock, instant *at); ]]

local function setting(name) return os.getenv("FREEHOLD_LOAD_" .. name) end
local at = ffi.new("instant")
local function now() -- microseconds
  ffi.C.clock_gettime(1, at)
  return tonumber(at.s) * 1e6 + tonumber(at.ns) / 1e3
end

local threads = {}
function setup(thread) table.insert(threads, thread) end

accepted, other = 0, ""
local paths, interval, due, count, ids = {}, 0, nil, 0, nil
local body, mark = setting("BODY"), setting("MARK")

function init(arguments)
  interval = 1e6 / tonumber(setting("RATE"))
  for path in string.gmatch(setting("PATHS"), "%S+") do table.insert(paths, path) end
  ids = io.open(setting("IDS"), "w")
  wrk.headers["Authorization"] = "Bearer " .. setting("KEY")
  wrk.headers["Content-Type"] = "application/json"
end

function delay()
  local present = now()
  due = due or present
  local wait = due - present
  due = due + interval
  return wait > 0 and math.floor(wait / 1000) or 0
end

function request()
  count = count + 1
  local path = paths[(count - 1) % #paths + 1]
  if body == "" then return wrk.format("GET", path) end
  wrk.headers["Idempotency-Key"] = mark .. "-" .. count
  return wrk.format("POST", path, nil, body)
end

function response(status, headers, said)
  if status == 200 or status == 202 or status == 304 then
    accepted = accepted + 1
    local id = body ~= "" and string.match(said, '"instruction":"(0x%x+)"')
    if id then ids:write(id, "\n") ids:flush() end
  elseif #other < 2000 then
    other = other .. status .. " " .. string.sub(said, 1, 200):gsub('[%c"\\]', " ") .. "; "
  end
end

function done(summary, latency, requests)
  local total, words = 0, ""
  for _, thread in ipairs(threads) do
    total = total + thread:get("accepted")
    words = words .. thread:get("other")
  end
  local e = summary.errors
  local out = io.open(setting("OUT"), "w")
  out:write(string.format(
    '{"answered":%d,"accepted":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"said":"%s"}',
    summary.requests, total, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, words))
  out:close()
end
