import { createFixedModel } from './fixed-model.ts';

/** In a process of its own: `node fixed-model-main.js PORT`. */
createFixedModel().listen(Number(process.argv[2]), '127.0.0.1');
