package io.beemesh.apiserver.resource;

import io.beemesh.machine.object.ApiObject;
import java.util.List;

/** A strategy whose table is read at its first use. */
record LazyStrategy(Lazy<Strategy> strategy) implements Strategy {
    @Override
    public void setDefaults(ApiObject object) {
        strategy.get().setDefaults(object);
    }

    @Override
    public void prepareCreate(ApiObject object) {
        strategy.get().prepareCreate(object);
    }

    @Override
    public void prepareUpdate(ApiObject next, ApiObject current) {
        strategy.get().prepareUpdate(next, current);
    }

    @Override
    public void prepareStatusUpdate(ApiObject next, ApiObject current) {
        strategy.get().prepareStatusUpdate(next, current);
    }

    @Override
    public List<FieldError> validateCreate(ApiObject object) {
        return strategy.get().validateCreate(object);
    }

    @Override
    public List<FieldError> validateUpdate(ApiObject next, ApiObject current) {
        return strategy.get().validateUpdate(next, current);
    }

    @Override
    public List<String> warnings(ApiObject object) {
        return strategy.get().warnings(object);
    }
}
