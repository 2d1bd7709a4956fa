/** `gcra` inside Redis, by its clock, in microseconds: one round trip, whatever number of gateways ask. */
export const gcraLua = `
local interval = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
if full < now then full = now end
local next = full + interval
local wait = next - interval * burst - now
if wait > 0 then return { 0, 0, math.ceil(wait), math.ceil(full - now) } end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
return { 1, math.floor(-wait / interval), 0, math.ceil(next - now) }
`;
