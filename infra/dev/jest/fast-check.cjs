/*
 * What stands for `fast-check` in tests: itself, drawing the same stories in every run, so that a change is judged by what it changed.
 * ORRERY_LAWS=full draws others each time, and more of them.
 */
const path = require('node:path');

const root = path.join(__dirname, '..', '..', '..');
const fastCheck = require(path.join(root, 'node_modules', 'fast-check', 'lib', 'cjs', 'fast-check.js'));

if (process.env.ORRERY_LAWS !== 'full') fastCheck.configureGlobal({ ...fastCheck.readConfigureGlobal(), seed: 20_261_122 });

module.exports = fastCheck;
