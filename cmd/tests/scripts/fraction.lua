return .5
