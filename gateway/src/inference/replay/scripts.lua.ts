/**
 * KEYS: the entry. ARGV: fingerprint, holder, lease in ms.
 * Answers `mine`, `other` where it is of another request, `busy` where somebody is at it, or `kept` with head and body.
 */
export const claimLua = `
local found = redis.call('HMGET', KEYS[1], 'print', 'head', 'body')
if not found[1] then
  redis.call('HSET', KEYS[1], 'print', ARGV[1], 'holder', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { 'mine' }
end
if found[1] ~= ARGV[1] then return { 'other' } end
if not found[2] then return { 'busy' } end
return { 'kept', found[2], found[3] or '' }
`;

/** KEYS: the entry. ARGV: holder, lease in ms. */
export const holdLua = `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

/** KEYS: the entry. ARGV: holder. */
export const freeLua = `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

/** KEYS: the entry. */
export const findLua = `return redis.call('HMGET', KEYS[1], 'head', 'body')`;

/**
 * KEYS: the entry, the organization's entries by the time at which they end, their lengths. ARGV: fingerprint, holder (empty: whoever comes last),
 * head, body, ms to keep it, how many bytes the organization may keep, its name, what stands before the names of entries, the head of an entry whose
 * body had to make room (empty: then it goes too).
 * Answers 0 where somebody else holds it.
 */
export const keepLua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local holder = redis.call('HGET', KEYS[1], 'holder')
if ARGV[2] ~= '' and holder and holder ~= ARGV[2] then return 0 end
local length, most, keepMs = #ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[5])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'print', ARGV[1], 'head', ARGV[3], 'body', ARGV[4])
redis.call('PEXPIRE', KEYS[1], keepMs)
local function gone(name)
  redis.call('ZREM', KEYS[2], name)
  redis.call('HINCRBY', KEYS[3], '', 0 - tonumber(redis.call('HGET', KEYS[3], name) or '0'))
  redis.call('HDEL', KEYS[3], name)
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do gone(name) end
gone(ARGV[7])
redis.call('ZADD', KEYS[2], now + keepMs, ARGV[7])
redis.call('HSET', KEYS[3], ARGV[7], length)
local total = redis.call('HINCRBY', KEYS[3], '', length)
for _ = 1, 1000 do
  if total <= most then break end
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first then break end
  gone(first)
  total = tonumber(redis.call('HGET', KEYS[3], ''))
  local entry = ARGV[8] .. first
  if ARGV[9] == '' then
    redis.call('DEL', entry)
  elseif redis.call('EXISTS', entry) == 1 then
    redis.call('HSET', entry, 'head', ARGV[9])
    redis.call('HDEL', entry, 'body')
  end
end
for index = 2, 3 do
  if redis.call('PTTL', KEYS[index]) < keepMs then redis.call('PEXPIRE', KEYS[index], keepMs) end
end
return 1
`;
