// The variables for paths that two servers may read differently.
import { oneOf } from '@fairlead/configuration';

/** What is done with a path of one kind: forwarded as it is, refused with 400, or forwarded in its normal form. */
export const PATH_ACTIONS = ['keep', 'reject', 'normalize'] as const;
export type PathAction = (typeof PATH_ACTIONS)[number];

const action = () => oneOf(PATH_ACTIONS).prefault('keep');

/** A part of the balancer's schema. */
export const pathVariables = {
  ESCAPED_CHARACTERS: action().describe(
    'What is done with letters, digits and - . _ ~ that are escaped in a path, such as %61: keep; reject, with 400; normalize: unescaped',
  ),
  ESCAPED_SLASHES: action().describe(
    'What is done with %2F and %5C in a path: keep; reject, with 400; normalize: each becomes /',
  ),
  REPEATED_SLASHES: action().describe(
    'What is done with // in a path: keep; reject, with 400; normalize: each run becomes one /',
  ),
  DOT_SEGMENTS: action().describe(
    'What is done with . and .. as segments of a path: keep; reject, with 400; normalize: removed by RFC 3986',
  ),
};
