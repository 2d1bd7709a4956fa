import { readStreams, type StreamLoad } from './stream-load.ts';

/** In a process of its own: what to load comes as JSON, what was read goes out as JSON. */
const [, , load = ''] = process.argv;
// Our own words, from the process that started this one.
process.stdout.write(JSON.stringify(await readStreams(JSON.parse(load) as StreamLoad)));
