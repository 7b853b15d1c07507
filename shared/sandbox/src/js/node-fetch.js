// What `require('node-fetch')` gives.

const { Headers, Request, Response } = load('#fetch');

module.exports = Object.assign((...how) => fetch(...how), { default: (...how) => fetch(...how), Headers, Request, Response });
