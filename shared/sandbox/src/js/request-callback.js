// What `require('request')` gives.

const { build, perform } = load('#request');

module.exports = build((options) => {
  const listeners = {};
  const tell = (event, ...values) => (listeners[event] ?? []).forEach((listener) => listener(...values));
  // What a callback throws is nobody's rejection: it ends the script, as in Node.
  const later = (call) => (...values) => void setImmediate(call, ...values);
  perform(options).then(
    later((response) => {
      options.call?.(null, response, response.body);
      tell('response', response);
      tell('data', response.body);
      tell('end');
      tell('complete', response, response.body);
    }),
    later((error) => {
      if (!options.call && !listeners.error) throw error;
      options.call?.(error);
      tell('error', error);
    }),
  );
  const request = {
    on(event, listener) {
      (listeners[event] ??= []).push(listener);
      return request;
    },
  };
  return Object.assign(request, { once: request.on, abort() {}, end() {} });
});
