// Decorators that describe the API for its document. A start needs no document, and loading @nestjs/swagger takes a good
// part of it: they are recorded here, and applied when the document is made.
import { applyDecorators } from '@nestjs/common';
import { HealthCheck } from '@nestjs/terminus';

type Swagger = typeof import('@nestjs/swagger');

/** What a decorator is called with: a class, or a method of one. */
type Target = Parameters<MethodDecorator> | [target: object];

type Application = (swagger: Swagger) => void;

/** In the order in which they were used. There are as many as decorators in the code. */
const recorded: Application[] = [];

export const ApiBody = recorder('ApiBody');
export const ApiConsumes = recorder('ApiConsumes');
export const ApiHeader = recorder('ApiHeader');
export const ApiOperation = recorder('ApiOperation');
export const ApiParam = recorder('ApiParam');
export const ApiProduces = recorder('ApiProduces');
export const ApiQuery = recorder('ApiQuery');
export const ApiResponse = recorder('ApiResponse');
export const ApiSecurity = recorder('ApiSecurity');
export const ApiTags = recorder('ApiTags');

/** Terminus' decorator of a health check, which describes the route with @nestjs/swagger. */
export function DescribedHealthCheck(): MethodDecorator {
  const described: MethodDecorator = (...target) => {
    recorded.push(() => HealthCheck({ noCache: false, swaggerDocumentation: true })(...target));
  };
  return applyDecorators(HealthCheck({ noCache: true, swaggerDocumentation: false }), described);
}

/** Applies what was recorded. */
export function describeApi(swagger: Swagger): void {
  for (const apply of recorded.splice(0)) apply(swagger);
}

/** A decorator of the same name and parameters that is recorded. */
function recorder<Name extends DecoratorName>(name: Name): Swagger[Name] {
  const record =
    (...options: unknown[]) =>
    (...target: Target) => {
      recorded.push((swagger) => {
        const decorate = swagger[name] as (...options: unknown[]) => (...target: Target) => void;
        decorate(...options)(...target);
      });
    };
  return record as Swagger[Name];
}

/** The decorators whose result takes a class or a method. */
type DecoratorName = {
  [Name in keyof Swagger]: Swagger[Name] extends (...options: never[]) => MethodDecorator ? Name : never;
}[keyof Swagger];
