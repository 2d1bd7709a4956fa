// What a thread that hashes does. JavaScript, because threads begin beside the sources in tests and beside the build in production, and Node
// must be able to load it in both.
import { pbkdf2Sync } from 'node:crypto';
import { getPriority, setPriority } from 'node:os';
import { hashSync, verifySync } from '@node-rs/argon2';

const lower = 10;
const lowest = 19;

// On Linux it holds for the calling thread alone; elsewhere it would for the whole process.
if (process.platform === 'linux') setPriority(0, Math.min(lowest, getPriority(0) + lower));

/** @param {import('./hashing-threads.ts').Work['hash']['wish']} wish */
export const hash = ({ password, cost }) => hashSync(password, cost);

/** @param {import('./hashing-threads.ts').Work['verify']['wish']} wish */
export const verify = ({ password, passwordHash }) => verifySync(passwordHash, password);

/** @param {import('./hashing-threads.ts').Work['derive']['wish']} wish */
export const derive = ({ password, salt, rounds, keyBytes }) => pbkdf2Sync(password, salt, rounds, keyBytes, 'sha256');
