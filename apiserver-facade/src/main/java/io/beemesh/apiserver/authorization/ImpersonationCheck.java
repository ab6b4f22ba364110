package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.auth.Authentication.Rejected;
import io.beemesh.apiserver.auth.Impersonation;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.machine.object.GroupResource;
import java.util.Optional;

/** Asks the {@link Authorizer} whether somebody may act as another one. */
public record ImpersonationCheck(Authorizer authorizer) implements Impersonation.Check {
    @Override
    public Optional<Rejected> refuse(User user, Impersonation.Part part) {
        Attributes wanted = Attributes.resource("impersonate",
                new GroupResource(part.group(), part.resource()), part.subresource(),
                part.namespace(), part.name());
        return authorizer.refuse(user, wanted).map(refusal -> {
            ApiStatus status = refusal.status();
            return new Rejected(status.code(), status.reason(), status.message(),
                    Optional.of(part));
        });
    }
}
