export {
  parseJSONRPCMessage as parseMessage,
  ProtocolError,
  ProtocolErrorCode,
  type RequestId,
  ResourceNotFoundError,
  Server,
} from "npm:@modelcontextprotocol/server@^2.4";
export { serveStdio } from "npm:@modelcontextprotocol/server@^2.4/stdio";
