/**
 * Requests of one organization that are to be let in or settled, as they came up together: one after the other, each judged by itself, and what is
 * wrong with one changes nothing for another. All of an organization's keys lie in one slot. Money is kept as whole nano-units by Redis itself, exactly;
 * only whether there is some left is compared as Lua compares, which is exact to a millionth below a hundred million units of money.
 *
 * KEYS: open requests, their records, credit, what is kept; then the meters of all terms, one after the other; then minutes and marks. ARGV: how many
 * terms; of each, for every meter its kind and two numbers (rate: interval, burst · places: limit, - · spend: limit, seconds to keep it); then two texts
 * for each request. The first is one of
 *   reserve, which terms, request, lease in ms, cost, ledger's balance plus what it booked (-: no credit is looked at), what it booked (-), then units of
 *     each meter; the second is its record
 *   settle, which terms, request, the reserved cost with a minus, the cost, which key is its minute, which key says that another settled it (0: none was
 *     given), whether it is settled by another than who let it in, then of each meter two numbers (rate: units that come back, - · places: -, - · spend:
 *     reserved units with a minus, units); the second is what to keep of it (may be empty), in the same step, until it has been told
 * Answers a text for each:
 *   reserved: 1, its clock in microseconds, then what is left of the credit and of each meter; or 0, its clock, then of each of these whether it refuses,
 *     what is left, microseconds to wait
 *   settled: its clock; 0 where it was settled before; -1 where Redis does not know of it any more: then it is kept and moves no limit; -2 where the key
 *     that says whether another settled it must be given: then nothing was done
 *   ! and a reason where it could not be judged
 */
export const turnLua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local nowMs = math.floor(now / 1000)
local clock = string.format('%.0f', now)

local function words(text)
  local all = {}
  for word in string.gmatch(text, '%S+') do all[#all + 1] = word end
  return all
end

local function keepFull(key, full)
  redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
end

local function standOf(meter)
  local kind, first, second = meter.kind, meter.first, meter.second
  local stand = { wait = 0 }
  if kind == 'rate' then
    local full = tonumber(redis.call('GET', meter.key) or now)
    if full < now then full = now end
    stand.full = full
    stand.wait = math.max(0, full + first - first * second - now)
    stand.refused = stand.wait > 0
    stand.left = math.floor((first * second - (full - now)) / first)
  elseif kind == 'places' then
    redis.call('ZREMRANGEBYSCORE', meter.key, '-inf', nowMs)
    stand.left = first - redis.call('ZCARD', meter.key)
    stand.refused = stand.left <= 0
  else
    local spent = redis.call('HMGET', meter.key, 'settled', 'reserved')
    stand.left = first - tonumber(spent[1] or '0') - tonumber(spent[2] or '0')
    stand.refused = stand.left <= 0
  end
  return stand
end

local function creditStand(ledger, booked)
  if ledger == '-' then return { left = 0, refused = false, wait = 0 } end
  local credit = redis.call('HMGET', KEYS[3], 'settled', 'reserved')
  if tonumber(credit[1] or '0') < tonumber(booked) then
    redis.call('HSET', KEYS[3], 'settled', booked)
    credit[1] = booked
  end
  local left = tonumber(ledger) - tonumber(credit[1] or '0') - tonumber(credit[2] or '0')
  return { left = left, refused = left <= 0, wait = 0 }
end

local function take(meter, stand, request, leaseMs, units)
  if meter.kind == 'rate' then
    local full = stand.full + meter.first * tonumber(units)
    keepFull(meter.key, full)
    stand.left = math.floor((meter.first * meter.second - (full - now)) / meter.first)
  elseif meter.kind == 'places' then
    redis.call('ZADD', meter.key, nowMs + leaseMs, request)
    redis.call('PEXPIRE', meter.key, leaseMs)
    stand.left = stand.left - 1
  else
    redis.call('HINCRBY', meter.key, 'reserved', units)
    redis.call('EXPIRE', meter.key, meter.second)
    stand.left = stand.left - tonumber(units)
  end
end

local function reserve(meters, said, record)
  local request, leaseMs, cost = said[3], tonumber(said[4]), said[5]
  local isNew = not redis.call('ZSCORE', KEYS[1], request)
  local stands = { creditStand(said[6], said[7]) }
  local allowed = not stands[1].refused
  for i, meter in ipairs(meters) do
    local stand = standOf(meter)
    if stand.refused then allowed = false end
    stands[i + 1] = stand
  end
  if isNew and allowed then
    redis.call('ZADD', KEYS[1], nowMs + leaseMs, request)
    redis.call('HSET', KEYS[2], request, record)
    redis.call('HINCRBY', KEYS[3], 'reserved', cost)
    stands[1].left = stands[1].left - tonumber(cost)
    for i, meter in ipairs(meters) do take(meter, stands[i + 1], request, leaseMs, said[7 + i]) end
  end
  local isIn = allowed or not isNew
  local answer = { isIn and '1' or '0', clock }
  for _, stand in ipairs(stands) do
    if not isIn then answer[#answer + 1] = stand.refused and '1' or '0' end
    answer[#answer + 1] = string.format('%.0f', stand.left)
    if not isIn then answer[#answer + 1] = string.format('%.0f', stand.refused and math.ceil(stand.wait) or 0) end
  end
  return table.concat(answer, ' ')
end

local function giveBack(meter, request, first, second)
  if meter.kind == 'places' then
    redis.call('ZREM', meter.key, request)
  elseif meter.kind == 'spend' then
    if redis.call('EXISTS', meter.key) == 0 then return end
    redis.call('HINCRBY', meter.key, 'reserved', first)
    redis.call('HINCRBY', meter.key, 'settled', second)
  else
    local back = tonumber(first)
    if back == 0 then return end
    local full = tonumber(redis.call('GET', meter.key) or now)
    if full < now then full = now end
    full = full - meter.first * back
    if full <= now then redis.call('DEL', meter.key) else keepFull(meter.key, full) end
  end
end

local function settle(meters, said, kept)
  local request, cost, isLost = said[3], said[5], said[8] == '1'
  local minute, mark = KEYS[tonumber(said[6])], KEYS[tonumber(said[7])]
  local isOpen = redis.call('ZREM', KEYS[1], request) == 1
  if not isOpen then
    if kept == '' or isLost then return '0' end
    if not mark then return '-2' end
    if redis.call('EXISTS', mark) == 1 or redis.call('HEXISTS', KEYS[4], request) == 1 then return '0' end
  end
  if kept ~= '' then
    redis.call('HSET', KEYS[4], request, kept)
    redis.call('HINCRBY', minute, 'cost', cost)
    redis.call('HINCRBY', minute, 'requests', 1)
    redis.call('EXPIRE', minute, 900)
  end
  if not isOpen then return '-1' end
  redis.call('HDEL', KEYS[2], request)
  redis.call('HINCRBY', KEYS[3], 'reserved', said[4])
  redis.call('HINCRBY', KEYS[3], 'settled', cost)
  if isLost then redis.call('SET', mark, 1, 'EX', 3600) end
  for i, meter in ipairs(meters) do giveBack(meter, request, said[7 + 2 * i], said[8 + 2 * i]) end
  return clock
end

local terms, at = {}, 4
for i = 1, tonumber(ARGV[1]) do
  local said, meters = words(ARGV[1 + i]), {}
  for word = 1, #said, 3 do
    at = at + 1
    meters[#meters + 1] = { key = KEYS[at], kind = said[word], first = tonumber(said[word + 1]), second = tonumber(said[word + 2]) }
  end
  terms[i] = meters
end

local answers = {}
for i = 2 + #terms, #ARGV, 2 do
  local said = words(ARGV[i])
  local judge = said[1] == 'reserve' and reserve or settle
  local isFine, told = pcall(judge, terms[tonumber(said[2])], said, ARGV[i + 1])
  answers[#answers + 1] = isFine and told or '!' .. tostring(type(told) == 'table' and told.err or told)
end
return answers
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
