import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { meter } from './meters.ts';

/** Coarse on purpose: a finer histogram wakes an idle process too often. */
const loopResolutionMs = 100;

/** CPU, memory and event loop of this process, read when metrics are read. */
export const observeProcess = (): void => {
  const delay = monitorEventLoopDelay({ resolution: loopResolutionMs });
  delay.enable();
  let previous = performance.eventLoopUtilization();
  const observe = (name: string, description: string, read: () => number) => {
    meter()
      .createObservableGauge(name, { description })
      .addCallback((result) => result.observe(read()));
  };
  observe('orrery_process_event_loop_lag_seconds', 'How late timers fire, 99th percentile since the last reading', () => {
    const lagMs = Math.max(0, delay.percentile(99) / 1e6 - loopResolutionMs);
    delay.reset();
    return Number.isFinite(lagMs) ? lagMs / 1e3 : 0;
  });
  observe('orrery_process_event_loop_utilization', 'Share of time the event loop was busy since the last reading', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, previous);
    previous = now;
    return utilization;
  });
  observe('orrery_process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  observe('orrery_process_heap_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  observe('orrery_process_uptime_seconds', 'Seconds since the process began', () => process.uptime());
  meter()
    .createObservableCounter('orrery_process_cpu_seconds_total', { description: 'CPU time, user and system' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
};
