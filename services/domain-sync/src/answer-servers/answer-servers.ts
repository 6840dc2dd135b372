import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { DomainStore } from '../domain/domain.store.js';
import type { Succeed } from '../domain/succeed.js';
import { PEER_HEADER, PEER_SERIAL_HEADER, peerKey, SUCCESSION_HEADER } from './peer.js';

type Method = (request: unknown, context: HandlerContext) => Promise<unknown>;

/** Gives services to other servers of the domain, and to nobody else: at `https://host:5753/dsp/v1/<package.Service>/<Method>`. */
export class ServerAnswers {
  constructor(
    private readonly domains: Pick<DomainStore, 'peer'>,
    private readonly succeed: Succeed,
  ) {}

  /** In a method, `peerOf(context)` says who calls. Methods are unary: the other side may be behind anything. */
  service<S extends DescService>(router: ConnectRouter, service: S, implementation: ServiceImpl<S>): void {
    const methods = service.methods.map((method) => [method.localName, this.guard(method, implementation as Record<string, Method>)] as const);
    router.service(service, Object.fromEntries(methods) as ServiceImpl<S>);
  }

  private guard(method: DescMethod, implementation: Record<string, Method>): Method {
    if (method.methodKind !== 'unary') throw new Error(`${method.name} is not unary.`);
    return async (request, context) => {
      await this.admit(context);
      return implementation[method.localName]?.(request, context);
    };
  }

  /** The gateway has checked the certificate; whether it is a member's, and not a removed one's, is asked here each time. */
  private async admit({ requestHeader, responseHeader, values }: HandlerContext): Promise<void> {
    const [serverId, serial] = [requestHeader.get(PEER_HEADER) ?? '', requestHeader.get(PEER_SERIAL_HEADER) ?? ''];
    if (serverId === '' || serial === '') throw new ConnectError('This is for servers of the domain, with their certificates.', Code.Unauthenticated);
    const known = await this.domains.peer(serverId);
    if (!known || ![known.certificateSerial, known.formerSerial].includes(serial)) {
      throw new ConnectError('This certificate is not, or no longer, one of this domain.', Code.PermissionDenied);
    }
    const isOtherMaster = await this.succeed.hear(requestHeader.get(SUCCESSION_HEADER) ?? '');
    const { succession, masterId } = (isOtherMaster ? await this.domains.peer(serverId) : undefined) ?? known;
    responseHeader.set(SUCCESSION_HEADER, succession);
    values.set(peerKey, { serverId, role: serverId === masterId ? 'master' : 'slave' });
  }
}
