const { v1, v3, v4, v5, v7, validate, version, NIL } = require('uuid');
module.exports = async () => ({
  v5: v5('hello', v5.DNS),
  v3: v3('hello', v3.DNS),
  fixed: v4({ random: new Uint8Array(16) }),
  valid: [v1(), v4(), v7()].map((id) => [validate(id), version(id)]),
  differ: new Set([v1(), v1(), v4(), v4()]).size,
  older: [validate(require('uuid/v4')()), validate(require('uuid')())],
  nil: validate(NIL), no: validate('x'),
});
