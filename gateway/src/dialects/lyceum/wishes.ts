import { execution, type RequestOf } from '@orrery/contracts';
import { z } from 'zod';
import { integer } from '../row.ts';

const asked = execution.askFields;

/**
 * What this API has no fields for, and the platform can do: where and when a program runs. By the names of `POST /orrery/v1/runs`, written
 * as this API writes names, and as `instead` of an explanation proposes them.
 */
export const wishes = {
  nodes: integer(asked.nodes.unwrap()).nullish(),
  alternatives: asked.alternatives.unwrap().nullish(),
  order: asked.order.unwrap().nullish(),
  labels: asked.labels.nullish(),
  group: asked.group.nullish(),
  near: asked.near.nullish(),
  apart: asked.apart.nullish(),
  pool: asked.pool.nullish(),
  worker_id: asked.workerId.nullish(),
  priority_class: asked.priorityClass.unwrap().nullish(),
  preemptible: asked.preemptible.unwrap().nullish(),
  deadline_at: asked.deadlineAt.nullish(),
  project: asked.project.nullish(),
  weights: asked.weights.unwrap().nullish(),
};

/** How the fields of the operation are called here. */
export const wishNames = { workerId: 'worker_id', priorityClass: 'priority_class', deadlineAt: 'deadline_at' };

type Wishes = Pick<
  RequestOf<typeof execution.SubmitRun>,
  | 'nodes'
  | 'alternatives'
  | 'order'
  | 'labels'
  | 'group'
  | 'near'
  | 'apart'
  | 'pool'
  | 'workerId'
  | 'priorityClass'
  | 'preemptible'
  | 'deadlineAt'
  | 'project'
  | 'weights'
>;

const called: ReadonlyMap<string, string> = new Map(Object.entries(wishNames).map(([ours, theirs]) => [theirs, ours]));

/** Null is as good as absent. */
export const wished = (body: { readonly [K in keyof typeof wishes]?: z.output<(typeof wishes)[K]> }): Wishes =>
  Object.fromEntries(
    Object.keys(wishes).flatMap((name) => {
      // A key of `wishes`, as the line above has it.
      const value = body[name as keyof typeof wishes];
      return value == null ? [] : [[called.get(name) ?? name, value]];
    }),
  );

const says = {
  execution_type: 'say with execution_type which machine it needs',
  nodes: 'say with nodes on how many machines it runs',
  timeout: 'say with timeout how many seconds it may take',
};

/** What somebody means for the scheduler, by a name that nobody here looks at: never dropped without a word. */
const others: Readonly<Record<string, string>> = {
  machineType: says.execution_type,
  machine_type: says.execution_type,
  hardware_profile: says.execution_type,
  gpu: says.execution_type,
  gpus: says.execution_type,
  gpu_count: says.execution_type,
  gpu_type: says.execution_type,
  cpu: says.execution_type,
  cpus: says.execution_type,
  memory: says.execution_type,
  mig: says.execution_type,
  num_nodes: says.nodes,
  node_count: says.nodes,
  replicas: says.nodes,
  timeoutSeconds: says.timeout,
  timeout_seconds: says.timeout,
  time_limit: says.timeout,
  workerId: 'it is called worker_id here',
  machine: 'say with worker_id on which machine it has to run',
  priorityClass: 'it is called priority_class here',
  priority: 'say with priority_class which class it is of',
  isPreemptible: 'it is called preemptible here',
  deadlineAt: 'it is called deadline_at here',
  deadline: 'say with deadline_at when it has to have ended',
  model_weights: 'say with weights which weights it uses',
  queue: 'say with project whose quota it counts against',
};

export const misnamed: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(others).map(([name, mend]) => [
    name,
    z
      .unknown()
      .refine((value) => value == null, { error: `${name} is no field of this API: ${mend}`, params: { type: 'extra_forbidden' } })
      .optional(),
  ]),
);
