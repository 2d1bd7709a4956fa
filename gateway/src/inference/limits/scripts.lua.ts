/**
 * All of an organization's keys lie in one slot. Money is kept as whole nano-units by Redis itself, exactly; only whether there is some left is
 * compared as Lua compares, which is exact to a millionth below a hundred million units of money.
 *
 * KEYS: open requests, their records, credit, then a key for each meter. ARGV: request, lease in ms, record, cost, ledger's balance plus what it booked
 * (empty: no credit is looked at), what it booked; then four for each meter: kind and
 *   rate: interval, burst, units · places: limit, -, - · spend: limit, seconds to keep it, units
 * Answers: allowed, its clock in microseconds, then for the credit and each meter: refused, what is left, microseconds to wait.
 */
export const reserveLua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local nowMs = math.floor(now / 1000)
local request, leaseMs, cost = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local isNew = not redis.call('ZSCORE', KEYS[1], request)
local allowed = true
local stands = {}
local left = 0
local refused = false
if ARGV[5] ~= '' then
  local credit = redis.call('HMGET', KEYS[3], 'settled', 'reserved')
  if tonumber(credit[1] or '0') < tonumber(ARGV[6]) then
    redis.call('HSET', KEYS[3], 'settled', ARGV[6])
    credit[1] = ARGV[6]
  end
  left = tonumber(ARGV[5]) - tonumber(credit[1] or '0') - tonumber(credit[2] or '0')
  refused = left <= 0
  allowed = not refused
end
stands[0] = { left = left, refused = refused, wait = 0 }
for i = 4, #KEYS do
  local at = 7 + (i - 4) * 4
  local kind, first, second = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local stand = { wait = 0 }
  if kind == 'rate' then
    local full = tonumber(redis.call('GET', KEYS[i]) or now)
    if full < now then full = now end
    stand.full = full
    stand.wait = math.max(0, full + first - first * second - now)
    stand.refused = stand.wait > 0
    stand.left = math.floor((first * second - (full - now)) / first)
  elseif kind == 'places' then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', nowMs)
    stand.left = first - redis.call('ZCARD', KEYS[i])
    stand.refused = stand.left <= 0
  else
    local spent = redis.call('HMGET', KEYS[i], 'settled', 'reserved')
    stand.left = first - tonumber(spent[1] or '0') - tonumber(spent[2] or '0')
    stand.refused = stand.left <= 0
  end
  if stand.refused then allowed = false end
  stands[i - 3] = stand
end
if not isNew then
  allowed = true
elseif allowed then
  redis.call('ZADD', KEYS[1], nowMs + leaseMs, request)
  redis.call('HSET', KEYS[2], request, ARGV[3])
  redis.call('HINCRBY', KEYS[3], 'reserved', ARGV[4])
  stands[0].left = stands[0].left - cost
  for i = 4, #KEYS do
    local at = 7 + (i - 4) * 4
    local kind, stand = ARGV[at], stands[i - 3]
    if kind == 'rate' then
      local interval, units = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 3])
      local full = stand.full + interval * units
      redis.call('SET', KEYS[i], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
      stand.left = math.floor((interval * tonumber(ARGV[at + 2]) - (full - now)) / interval)
    elseif kind == 'places' then
      redis.call('ZADD', KEYS[i], nowMs + leaseMs, request)
      redis.call('PEXPIRE', KEYS[i], leaseMs)
      stand.left = stand.left - 1
    else
      redis.call('HINCRBY', KEYS[i], 'reserved', ARGV[at + 3])
      redis.call('EXPIRE', KEYS[i], ARGV[at + 2])
      stand.left = stand.left - tonumber(ARGV[at + 3])
    end
  end
end
local answer = { allowed and 1 or 0, now }
for i = 0, #KEYS - 3 do
  local stand = stands[i]
  local isRefused = stand.refused and isNew
  answer[#answer + 1] = isRefused and 1 or 0
  answer[#answer + 1] = string.format('%.0f', stand.left)
  answer[#answer + 1] = isRefused and math.ceil(stand.wait) or 0
end
return answer
`;

/**
 * Once for each request: whoever comes second changes nothing. What is kept of it is kept in the same step, until it has been told.
 *
 * KEYS: open requests, their records, credit, what is kept, its minute, a mark of requests that another settled, then the meters. ARGV: request, the
 * reserved cost with a minus, the cost, what to keep (may be empty), whether it is settled by another than who let it in; then three for each meter: kind and
 *   rate: interval, units that come back · places: -, - · spend: reserved units with a minus, units
 * Answers its clock in microseconds; 0 where it was settled before; -1 where Redis does not know of it any more: then it is kept and moves no limit.
 */
export const settleLua = `
local isOpen = redis.call('ZREM', KEYS[1], ARGV[1]) == 1
if not isOpen then
  if ARGV[4] == '' or ARGV[5] == '1' then return 0 end
  if redis.call('EXISTS', KEYS[6]) == 1 or redis.call('HEXISTS', KEYS[4], ARGV[1]) == 1 then return 0 end
end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[4])
  redis.call('HINCRBY', KEYS[5], 'cost', ARGV[3])
  redis.call('HINCRBY', KEYS[5], 'requests', 1)
  redis.call('EXPIRE', KEYS[5], 900)
end
if not isOpen then return -1 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], 'reserved', ARGV[2])
redis.call('HINCRBY', KEYS[3], 'settled', ARGV[3])
if ARGV[5] == '1' then redis.call('SET', KEYS[6], 1, 'EX', 3600) end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
for i = 7, #KEYS do
  local at = 6 + (i - 7) * 3
  local kind = ARGV[at]
  if kind == 'rate' then
    local full = tonumber(redis.call('GET', KEYS[i]) or now)
    if full < now then full = now end
    local back = tonumber(ARGV[at + 2])
    full = full - tonumber(ARGV[at + 1]) * back
    if back ~= 0 then
      if full <= now then redis.call('DEL', KEYS[i])
      else redis.call('SET', KEYS[i], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1) end
    end
  elseif kind == 'places' then
    redis.call('ZREM', KEYS[i], ARGV[1])
  elseif redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('HINCRBY', KEYS[i], 'reserved', ARGV[at + 1])
    redis.call('HINCRBY', KEYS[i], 'settled', ARGV[at + 2])
  end
end
return now
`;

/**
 * A request that goes on holds what it holds, and notes how far it has come. KEYS: open requests, their records, then its places. ARGV: request, lease in ms,
 * record. Answers whether it was still open.
 */
export const renewLua = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local time = redis.call('TIME')
local expiry = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[1], expiry, ARGV[1])
for i = 3, #KEYS do
  redis.call('ZADD', KEYS[i], expiry, ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return 1
`;

/** Requests whose lease ran out, oldest first. KEYS: open requests, their records. ARGV: how many at most. Answers ids and records in turn. */
export const overdueLua = `
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = {}
for _, request in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = request
  found[#found + 1] = redis.call('HGET', KEYS[2], request) or ''
end
return found
`;

/** What has been told is forgotten. KEYS: what is kept. ARGV: requests. */
export const forgetLua = `return redis.call('HDEL', KEYS[1], unpack(ARGV))`;

/** Some of what is kept. KEYS: what is kept. ARGV: where to go on; it begins and ends at 0. Answers where to go on, then requests and what is kept in turn. */
export const unsentLua = `return redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 200)`;

/** What was settled in a minute. KEYS: the minute. Answers cost and requests. */
export const minuteLua = `
local minute = redis.call('HMGET', KEYS[1], 'cost', 'requests')
return { minute[1] or '0', minute[2] or '0' }
`;

/** What is set aside, and by whom, at one moment. KEYS: credit, records of the open requests. Answers what the credit says, then the records. */
export const reservedLua = `return { redis.call('HGET', KEYS[1], 'reserved') or '0', redis.call('HVALS', KEYS[2]) }`;

/** Who does for all gateways what one is enough for. KEYS: the office. ARGV: who asks, for how long in ms. Answers whether they hold it. */
export const officeLua = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;
