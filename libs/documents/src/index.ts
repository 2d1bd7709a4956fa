export { asyncApi } from './asyncapi.ts';
export { documents, staleDocuments, writeDocuments } from './documents.ts';
export { eventFiles, eventSample, eventSchema, samplePath, sampleValue, schemaPath } from './event-files.ts';
export { eventsPage } from './events-page.ts';
export { openApi } from './openapi.ts';
export type { Json, JsonSchema } from './schema.ts';
