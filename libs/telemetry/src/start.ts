// For `node --import`: the instrumentation must be there before what it instruments is loaded.
import { startTelemetry } from './telemetry.ts';

await startTelemetry();
