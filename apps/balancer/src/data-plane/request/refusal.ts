// The responses of the balancer itself to requests that it does not forward.
import type { FramingError, RequestLimits } from '@fairlead/http1';
import { errorResponse, type ErrorFields } from '../headers/error-response.js';
import { withFields, type OwnResponse } from '../headers/own-response.js';
import { withRequestId } from '../headers/request-id-header.js';

/** The response of the balancer itself to a request that it does not forward: an error, or {@link own}. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
  /** Whether the connection ends with it: the next recipient might find another end of the request. */
  readonly isLast?: true;
  /** Header fields of the response. */
  readonly fields?: ErrorFields;
  /** In place of an error. */
  readonly own?: OwnResponse;
}

/**
 * The response to a request that is refused.
 *
 * @param requestId its id; undefined for none.
 * @param accept its `Accept`; undefined if it has none.
 */
export function responseTo(
  { statusCode, message, fields, own }: Refusal,
  requestId: string | undefined,
  accept: string | undefined,
): OwnResponse {
  const allFields = withRequestId(fields, requestId);
  return own ? withFields(own, allFields) : errorResponse(statusCode, message, { fields: allFields, accept });
}

/** Errors whose message names the limit. */
type OverLimit = 'target-too-long' | 'head-too-large' | 'too-many-fields';

/** For bytes that are not a request, of each kind. The connection ends with each of them. */
const FRAMING_REFUSALS: Readonly<Record<Exclude<FramingError, OverLimit>, Refusal>> = {
  'bad-request-line': refusal(
    400,
    'the request line must be a method, a target and HTTP/1.1 or HTTP/1.0, with one space between them',
  ),
  'bad-target': refusal(400, 'the request target must be printable ASCII without a fragment ("#")'),
  'bad-field-line': refusal(
    400,
    'a field line must be a name, a colon and a value: without a space before the colon, a fold or a control character',
  ),
  'bad-line-end': refusal(400, 'each line must end with CR LF, and have neither of them elsewhere'),
  'bad-length': refusal(400, 'there may be one Content-Length, a number of at most 15 digits'),
  'bad-coding': refusal(
    400,
    'Transfer-Encoding must end with "chunked", is not allowed beside Content-Length, and not in HTTP/1.0',
  ),
  'bad-chunks': refusal(
    400,
    'a chunk must be its size in 1 to 16 hexadecimal digits, below 4 GiB, its extensions without spaces around their parts, CR LF, its bytes, CR LF',
  ),
  'bad-trailers': refusal(400, 'trailers must be field lines other than Content-Length and Transfer-Encoding'),
  'unknown-method': refusal(501, 'the method is not known here; methods are case-sensitive'),
  'unsupported-version': refusal(505, 'only HTTP/1.1 and HTTP/1.0 are supported'),
};

/** Codes of the errors of Node's parser, which reads what was framed. */
const PARSER_ERRORS: Readonly<Record<string, FramingError>> = {
  HPE_INVALID_METHOD: 'unknown-method',
  HPE_INVALID_HEADER_TOKEN: 'bad-field-line',
  HPE_HEADER_OVERFLOW: 'head-too-large',
};

/** For a target that is neither a path nor an http URL. */
export const BAD_TARGET: Refusal = { statusCode: 400, message: 'the request target must be a path or an http URL' };

/** The responses to bytes that are not a request. */
export class FramingRefusals {
  private readonly byError: Readonly<Record<FramingError, Refusal>>;

  constructor({ maxTargetBytes, maxHeadBytes, maxFields }: RequestLimits) {
    this.byError = {
      ...FRAMING_REFUSALS,
      'target-too-long': refusal(414, `the request target must have at most ${maxTargetBytes} bytes`),
      'head-too-large': refusal(431, `the head of a request must have at most ${maxHeadBytes} bytes`),
      'too-many-fields': refusal(431, `a request must have at most ${maxFields} fields`),
    };
  }

  /** The response to what cannot be framed. */
  of(error: FramingError): Refusal {
    return this.byError[error];
  }

  /** The response to what Node's parser rejects; undefined for an error that is not the parser's. */
  ofParser(code = ''): Refusal | undefined {
    if (!code.startsWith('HPE_')) return undefined;
    if (code === 'HPE_INVALID_URL') return BAD_TARGET;
    const error = PARSER_ERRORS[code];
    return error ? this.byError[error] : refusal(400, 'the request is not valid HTTP/1.1');
  }
}

function refusal(statusCode: number, message: string): Refusal {
  return { statusCode, message, isLast: true };
}
