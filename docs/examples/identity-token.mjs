// What the bank's server does for a signed-in customer: a token of five minutes for the widget.
//   SANGDAM_IDENTITY_KEY=… node docs/examples/identity-token.mjs <customer number>
import { SignJWT } from 'jose';

const [customer] = process.argv.slice(2);
const token = await new SignJWT()
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject(customer)
  .setAudience('sangdam')
  .setIssuedAt()
  .setExpirationTime('5m')
  .sign(new TextEncoder().encode(process.env.SANGDAM_IDENTITY_KEY));
console.log(token);
