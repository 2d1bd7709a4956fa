/** The key with which an API key proves that this platform made it. */
export class KeyMac {
  constructor(readonly key: Buffer) {}
}
