import type { DynamicModule } from '@nestjs/common';
import type { Meter, Tracer } from '@opentelemetry/api';
import type { ConfigDefinition, ConfigOf } from '@inkpost/config/config.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { SecretsFolder } from './secrets-folder.js';
import type { ServiceName, serviceVariables } from './service-variables.js';

export type BaseConfig = ConfigOf<ReturnType<typeof serviceVariables>>;

/** What a service is given by the process that it runs in. Its module builds the rest of itself from this. */
export interface ServiceRuntime<C extends BaseConfig = BaseConfig> {
  readonly service: ServiceName;
  readonly config: C;
  readonly pool: Pool;
  readonly flow: FlowClient;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly secrets: SecretsFolder;
  readonly version: string;
  /** All metrics of the process in the Prometheus text format. */
  readonly metricsText: () => Promise<string>;
  /** Empty when this service is ready, else what is missing. */
  readonly readiness: () => Promise<readonly string[]>;
}

/** A service as both topologies start it: alone in its process, or beside the others. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly config: ConfigDefinition & ReturnType<typeof serviceVariables>;
  /** The composition root. It may read secrets and keys before it builds the module. A method, so that each names its own config. */
  module(runtime: ServiceRuntime): Promise<DynamicModule>;
}
