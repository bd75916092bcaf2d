/**
 * Why bytes cannot be a request: the part that is not as RFC 9112 has it.
 *
 * `unknown-method`: a valid request line with a method that the caller does not know. `unsupported-version`: a version of
 * HTTP that has another wire format, 2.0 or 3.0.
 */
export type FramingError =
  | 'bad-request-line'
  | 'bad-target'
  | 'bad-field-line'
  | 'bad-line-end'
  | 'bad-length'
  | 'bad-coding'
  | 'bad-chunks'
  | 'bad-trailers'
  | 'unknown-method'
  | 'unsupported-version'
  | 'target-too-long'
  | 'too-many-fields'
  | 'head-too-large';
