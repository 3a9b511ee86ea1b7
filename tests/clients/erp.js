// Calls that stand in the first argument as JSON, made one after the other with npm aliexpress-api-sdk.
const { IopClient, IopRequest } = require("aliexpress-api-sdk");

const { server, key, secret, session, calls } = JSON.parse(process.argv[2]);

async function main() {
  const answers = [];
  for (const call of calls) {
    const client = new IopClient(server, key, call.secret || secret);
    const request = new IopRequest(call.method, call.how || "POST");
    if (call.simplify) request.set_simplify();
    for (const [name, value] of Object.entries(call.params || {})) request.add_api_param(name, value);
    const answer = await client.execute(request, call.session === undefined ? session : call.session);
    answers.push({ code: answer.code, body: answer.body });
  }
  console.log(JSON.stringify(answers));
}

main();
