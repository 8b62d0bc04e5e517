import type { z } from 'zod';
import type { JsonObject } from '#core/model';

/** Konnect's finding about one field, or about the whole entity. */
type Detail = { readonly type: string; readonly field?: string; readonly messages: readonly string[] };

/** An answer other than success, thrown from wherever the reason is found. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: JsonObject;

  constructor(status: number, body: JsonObject) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** Konnect's answer to a body that breaks a rule of the entity's own schema. */
export function invalid(details: readonly Detail[]): Refusal {
  return badRequest('validation error', details);
}

/** The same for a rule that concerns the entity as a whole. */
export function invalidEntity(message: string): Refusal {
  return invalid([{ type: 'ERROR_TYPE_ENTITY', messages: [message] }]);
}

/** Konnect answers 400, not 409, to a name that is taken and to a reference to nothing. */
export function constraint(field: string, kind: 'unique' | 'foreign', value: string): Refusal {
  const message = `${field} (type: ${kind}) constraint failed for value '${value}'`;
  return badRequest('data constraint error', [{ type: 'ERROR_TYPE_REFERENCE', field, messages: [message] }]);
}

/**
 * Konnect's APIs document two shapes, `title` with `detail`, and `message`. The answer holds both.
 */
export function refused(status: number, title: string, detail: string): Refusal {
  return new Refusal(status, { status, title, message: title, instance: 'kong:trace:0', detail });
}

/**
 * Turns zod's findings into Konnect's: an unknown field is a fault of the entity, any other fault
 * is one of its field.
 */
export function invalidBody(error: z.ZodError): Refusal {
  return invalid(
    error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? { type: 'ERROR_TYPE_ENTITY', messages: issue.keys.map((key) => `additional properties '${key}' not allowed`) }
        : { type: 'ERROR_TYPE_FIELD', field: issue.path.join('.'), messages: [issue.message] },
    ),
  );
}

/** 3 is gRPC's INVALID_ARGUMENT: Konnect's entities API is a gRPC service behind a gateway. */
function badRequest(message: string, details: readonly Detail[]): Refusal {
  const typed = details.map(({ field, ...detail }) => ({
    '@type': 'type.googleapis.com/kong.admin.model.v1.ErrorDetail',
    ...detail,
    ...(field === undefined ? {} : { field }),
  }));
  return new Refusal(400, { code: 3, message, details: typed });
}
