module.exports = async () => [
  (1234567.891).toLocaleString(), (0.5).toLocaleString(), (-1234).toLocaleString('ko-KR'), (1e21).toLocaleString(), NaN.toLocaleString(), Infinity.toLocaleString(),
  (1234.5).toLocaleString('ko-KR', { style: 'currency', currency: 'KRW' }), (1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' }),
  (0.256).toLocaleString(undefined, { style: 'percent' }), (1234.5).toLocaleString(undefined, { minimumFractionDigits: 2 }), (1234.567).toLocaleString(undefined, { maximumFractionDigits: 0 }),
  12345678901234567890n.toLocaleString(), (1234).toLocaleString(undefined, { useGrouping: false }), (999999.9999).toLocaleString(),
];
