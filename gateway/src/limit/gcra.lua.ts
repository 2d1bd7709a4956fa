/**
 * `judge` inside Redis, by its clock, in microseconds: one round trip, whatever number of buckets, and of gateways that ask. Takes interval
 * and burst of each bucket; gives what it took for now, then of each bucket what is left, how long to wait, and how long until it is full.
 */
export const gcraLua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local kept = redis.call('MGET', unpack(KEYS))
local allowed = true
for i = 1, #KEYS do
  local full = tonumber(kept[i] or now)
  if full < now then full = now end
  kept[i] = full
  if full + ARGV[2 * i - 1] - ARGV[2 * i - 1] * ARGV[2 * i] > now then allowed = false end
end
local answer = { now }
for i = 1, #KEYS do
  local interval, burst, full = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]), kept[i]
  local wait = full + interval - interval * burst - now
  if allowed then
    full = full + interval
    redis.call('SET', KEYS[i], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
  end
  answer[3 * i - 1] = math.max(0, math.floor((interval * burst - (full - now)) / interval))
  answer[3 * i] = math.max(0, math.ceil(wait))
  answer[3 * i + 1] = math.ceil(full - now)
end
return answer
`;

/** Of each bucket: what is left, microseconds to wait, microseconds until it is full. */
export interface Told {
  readonly now: number;
  readonly buckets: readonly { readonly remaining: number; readonly waitMicros: number; readonly resetMicros: number }[];
}

/** What the script answered, in names. */
export const readAnswer = ([now = 0, ...numbers]: readonly number[]): Told => ({
  now,
  buckets: Array.from({ length: numbers.length / 3 }, (_, index) => {
    const [remaining = 0, waitMicros = 0, resetMicros = 0] = numbers.slice(3 * index, 3 * index + 3);
    return { remaining, waitMicros, resetMicros };
  }),
});
