// What `require('request-promise')` gives.

const { build, perform } = load('#request');

class RequestError extends Error {
  constructor(cause, options) {
    super(String(cause));
    Object.assign(this, { name: 'RequestError', cause, error: cause, options });
  }
}

class StatusCodeError extends Error {
  constructor(statusCode, body, options, response) {
    super(`${statusCode} - ${typeof body === 'string' ? body : JSON.stringify(body)}`);
    Object.assign(this, { name: 'StatusCodeError', statusCode, error: body, options, response });
  }
}

async function start(options) {
  let response;
  try {
    response = await perform(options);
  } catch (error) {
    options.call?.(error);
    throw new RequestError(error, options);
  }
  options.call?.(null, response, response.body);
  const whole = options.resolveWithFullResponse === true;
  const transformed = (options.transform2xxOnly ? response.statusCode < 300 : true) && options.transform;
  const value = transformed ? await options.transform(response.body, response, whole) : whole ? response : response.body;
  if (options.simple !== false && !(response.statusCode >= 200 && response.statusCode < 300)) {
    throw new StatusCodeError(response.statusCode, response.body, options, transformed ? value : response);
  }
  return value;
}

module.exports = Object.assign(
  build((options) => {
    const promise = start(options);
    promise.promise = () => promise;
    return promise;
  }),
  { errors: { RequestError, StatusCodeError } },
);
