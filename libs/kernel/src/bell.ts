/** Wakes one waiter. A ring that nobody waits for is heard by the next who does. */
export class Bell {
  private rung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Whether it rang since somebody last heard it; from now on it has not. */
  heard(): boolean {
    const { rung } = this;
    this.rung = false;
    return rung;
  }

  /** Resolves to true when it rang, to false after the time or at the signal. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        this.wake = undefined;
        resolve(this.heard());
      };
      const timer = setTimeout(finish, ms);
      if (this.rung || signal?.aborted) return finish();
      this.wake = finish;
      signal?.addEventListener('abort', finish);
    });
  }
}
