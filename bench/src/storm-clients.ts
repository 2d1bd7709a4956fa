import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { logIn } from './login.ts';

const Storm = z.object({ origin: z.string(), accounts: z.array(z.object({ email: z.string(), password: z.string() })) });

/** Everybody logs in at one moment; says how often somebody was sent away. In a thread of its own: its work must not be measured as waiting. */
const { origin, accounts } = Storm.parse(workerData);
const loggedIn = await Promise.all(accounts.map((account) => logIn(origin, account)));
parentPort?.postMessage(loggedIn.reduce((sum, each) => sum + each.sentAway, 0));
